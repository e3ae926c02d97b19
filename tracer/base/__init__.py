"""Code that both programs share: errors, text, console output, files, worker processes. It knows neither photos nor encoders."""
