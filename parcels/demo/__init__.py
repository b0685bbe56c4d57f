"""The demo town's land: parcels, buildings, schools with yards, gardens with plots. Pure, but `load`."""
