"""The conformance kit: plays a peer against any implementation of the linkage protocol, case by case."""
