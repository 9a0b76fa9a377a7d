-- One row per case, instance and hearing.
{{ stage('litigations', 'hearings') }}
