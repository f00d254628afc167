"""Pure estimators: samples -> Measurement -> Comparison."""
