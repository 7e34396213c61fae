"""Reading a repository: git, the walk, the roles of files."""
