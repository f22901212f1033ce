"""A first import into an S3 bucket: how many requests it makes of the bucket."""
