"""`python -m tieout` is the console script."""

from tieout.bootstrap import main

if __name__ == "__main__":
    main()
