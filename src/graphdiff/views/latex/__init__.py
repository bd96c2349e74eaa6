"""What every view in LaTeX needs: names as symbols, formulas in rows that fit a page."""
