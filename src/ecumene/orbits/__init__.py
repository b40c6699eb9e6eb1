"""Where the satellites are: filed shells, catalogues, propagation and frames."""
