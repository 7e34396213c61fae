"""One module per report format; each turns a Report into text and does nothing else."""
