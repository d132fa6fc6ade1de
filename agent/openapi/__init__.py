"""OpenAPI descriptions: what they say, and what a change of them does to clients. Pure.

bytes ─ loading ─ Spec ─┐
                        ├─ compare ─ ApiDiff ─ policy ─ report/
bytes ─ loading ─ Spec ─┘

loading  json_reading  yaml_reading     bytes to plain values, bounded
spec  shape  keywords  conjunction  shapes    references followed, schemas in normal form
sameness                                what did not change at all
paths  media_types  branches            what belongs together
comparison  walk  trail                 what is compared, what was found, and where it is felt
rules_of_*  contents  lifecycle         what is said about a difference
levels  places                          what it means: one table
grouping  change                        from findings to changes
policy  accept_file  yaml_section       what the team says to that
"""
