"""Energy meters behind Modbus TCP: what their registers mean, how to read them in few requests, and one task per host."""
