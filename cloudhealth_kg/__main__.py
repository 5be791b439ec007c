"""`python -m cloudhealth_kg` is `cloudhealth-kg`."""

from cloudhealth_kg.cli import main

if __name__ == "__main__":
    main()
