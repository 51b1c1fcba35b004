"""What people would use instead, measured on the same machine in the same run.

`naive` is the service that people write first: a websocket, JSON, transformers in eager PyTorch,
StarGAN in eager PyTorch, Pillow's PNG in base64, one line after the other. `hosted` puts our own
engine's functions behind LitServe, Ray Serve and mosec, to see what serving itself costs.

`python -m benchmarks.peers --help`
"""
