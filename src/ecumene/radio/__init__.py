"""From watts to bits per second: the user downlink, the envelope of modes."""
