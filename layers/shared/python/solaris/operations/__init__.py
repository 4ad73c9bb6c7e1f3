"""Whether it is well: health, doctor, metrics, first start."""
