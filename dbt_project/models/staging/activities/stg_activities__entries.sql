-- One row per entry of any list.
{{ stage_lists('activities', [
    'publications', 'training_events', 'decisions_reviewed', 'standards', 'campaigns',
    'service_visits', 'public_opinion'
]) }}
