"""The device: stores every save first, and speaks with the server when there is a signal."""
