"""Day-ahead forecasts of a meter in closed form: calendar-aware lags, a pooled prior, a ridge on what it leaves."""
