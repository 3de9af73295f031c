"""The command line: everything that the app does to a checkpoint, in plain lines and in JSON.

``run`` starts it and turns whatever happens into an exit status and one line. Each other file
holds a group of commands and is only imported when one of them is called.
"""
