"""What `run_study` leaves in a store for whoever tells of it: names of a note and of a record."""

REQUEST = "request"  # the note: study, profile, seeds, records, how seeds were added
CROSSED = "sources"  # the record in which sources of chance are crossed
