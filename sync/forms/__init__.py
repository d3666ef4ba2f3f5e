"""Forms as both sides know them: questions, choices, question types and answers.

Pure: an XLSForm is read on the server (``server/forms``); here it is already compiled.
"""
