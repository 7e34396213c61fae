"""Results of former scans, by what they depend on: losing them costs time only."""
