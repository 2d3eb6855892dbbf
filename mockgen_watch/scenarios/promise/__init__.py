"""Promise: records that meet every rule of their model and no exclusion, or match one."""
