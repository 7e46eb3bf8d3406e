"""Speed and memory of the program, as ratios to named baselines of the same run (`make bench`)."""
