"""What `xietong edge doctor` looks at: one subject a file, one fact a finding."""
