"""Messages → receivers, one channel a module; to add one, copy a module and extend CHANNELS."""
