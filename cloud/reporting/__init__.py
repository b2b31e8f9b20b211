"""Reports whose every figure can be traced: declared once, written as XLSX, CSV, JSON and PDF, sealed for auditors."""
