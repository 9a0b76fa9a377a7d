-- One row per delivered right under a contract; the pledgor's name goes no further.
{{ stage('ip_pledges', 'pledged_rights') }}
