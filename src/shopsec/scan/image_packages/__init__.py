"""What images' own lists of packages tell without Trivy, held against the local store."""
