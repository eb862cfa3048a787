"""What every workload of the bench uses: processes and what they cost, servers, load, tables."""
