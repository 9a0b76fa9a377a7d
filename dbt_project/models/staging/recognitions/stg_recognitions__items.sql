-- One row per holder and recognition.
{{ stage('recognitions', 'items') }}
