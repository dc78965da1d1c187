"""One script a version, each with its way up and down."""
