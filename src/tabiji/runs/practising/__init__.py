"""What was recorded → what each team practises, at which stage, and what comes next; SRE's engagements."""
