"""Where the log, the blobs and the rows that hang on them are kept."""
