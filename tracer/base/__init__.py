"""What both programs stand on: errors, text, console output, files, worker processes. Nothing here knows photos or encoders."""
