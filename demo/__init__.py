"""What `make run` and `make rehearse` show."""
