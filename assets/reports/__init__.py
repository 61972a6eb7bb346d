"""Pages that people read: one self-contained HTML file per dataset."""
