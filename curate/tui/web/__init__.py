"""The app in a browser: a server on this computer, and a process of the app for each window (`curate serve`)."""
