-- One row per entry of any list.
{{ stage_lists('listings', [
    'live_commerce_sites', 'platform_enterprises', 'innovative_devices', 'consumer_sites', 'talents'
]) }}
