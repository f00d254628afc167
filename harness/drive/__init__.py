"""Drive load: the driver starts the generator as a child process and hands it one slice after the other."""
