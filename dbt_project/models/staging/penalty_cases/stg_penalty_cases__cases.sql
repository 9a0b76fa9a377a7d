-- One row per case; parties' names and numbers go no further.
{{ stage('penalty_cases', 'cases') }}
