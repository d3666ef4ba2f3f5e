"""The office's pages: what came in, what people disagree on, and who works where. HTML, no script."""
