"""The release that these scripts belong to; CMakeLists.txt and CITATION.cff name the same."""

EIGENPROP_VERSION = "0.1.0"
