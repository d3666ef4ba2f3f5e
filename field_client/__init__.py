"""The field client: a device that stores first and speaks later."""
