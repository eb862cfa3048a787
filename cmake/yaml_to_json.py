"""yaml_to_json.py FROM TO: a YAML document as JSON, its members in their order."""
import json
import sys

import yaml

with open(sys.argv[1]) as source, open(sys.argv[2], "w") as target:
    json.dump(yaml.safe_load(source), target, ensure_ascii=False)
