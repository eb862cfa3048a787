"""The named workloads, one file each; `run()` of each is one run of it and returns its measures."""
