"""JT/T 808, the national protocol of vehicle terminals: 2011, 2013 and 2019 forms over TCP."""
