-- One row per case.
{{ stage('reconsiderations', 'cases') }}
