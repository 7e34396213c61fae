"""The command line: prints and sets exit codes, nothing else."""
