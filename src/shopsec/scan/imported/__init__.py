"""Other tools' SARIF files, read as if a scanner of ours had found what they say."""
