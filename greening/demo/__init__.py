"""The demo town's ground: a synthetic town laid over Issy-les-Moulineaux's extent."""
