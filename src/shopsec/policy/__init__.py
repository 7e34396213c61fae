"""Everything a team may want to argue with: loading, checking and running policies."""
